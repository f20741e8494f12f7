/** A question that has to be answered before something irreversible happens. */
import { css, html, render, type LitElement } from "lit";

export interface Question {
  title: string;
  text: string;
  confirm: string;
  cancel: string;
  danger?: boolean;
}

let last = 0;

/** Answers every open question of the element with no; for when what it was about is not shown any more. */
export function unask(host: LitElement): void {
  for (const dialog of host.renderRoot.querySelectorAll<HTMLDialogElement>("dialog.question")) dialog.close("");
}

/** Asks in a modal dialog inside the element; false also for Escape and after `unask`. */
export function asked(host: LitElement, question: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  const id = `question-${++last}`;
  dialog.className = "question";
  dialog.setAttribute("aria-labelledby", id);
  const answer = (value: string) => () => dialog.close(value);
  render(
    html`
      <h2 id=${id}>${question.title}</h2>
      <p>${question.text}</p>
      <p class="question-actions">
        <button type="button" autofocus @click=${answer("")}>${question.cancel}</button>
        <button type="button" class=${question.danger ? "primary danger" : "primary"} @click=${answer("yes")}>${question.confirm}</button>
      </p>
    `,
    dialog,
  );
  const root = host.renderRoot;
  const before = root instanceof ShadowRoot ? root.activeElement : document.activeElement;
  root.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(dialog.returnValue === "yes");
    });
  });
}

export const questionStyles = css`
  dialog.question {
    width: min(26rem, calc(100vw - 2rem));
    padding: 1.5rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.4);
    background: var(--_back);
    color: var(--_text);
    box-shadow: 0 24px 64px -16px #0006;
  }

  dialog.question::backdrop {
    background: #0008;
  }

  dialog.question h2 {
    margin: 0 0 0.5rem;
    font-size: 1.15rem;
    overflow-wrap: anywhere;
  }

  dialog.question p {
    margin: 0;
    overflow-wrap: anywhere;
  }

  .question-actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 0.5rem;
    padding-top: 1.25rem;
  }
`;
