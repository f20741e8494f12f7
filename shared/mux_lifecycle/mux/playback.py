"""Where Mux serves what belongs to a playback id."""


def urls(playback_id: str) -> dict[str, str]:
    """URLs that work without a token, for a playback id whose policy is `public`."""
    return {
        "hls": f"https://stream.mux.com/{playback_id}.m3u8",
        "player": f"https://player.mux.com/{playback_id}",
        "thumbnail": f"https://image.mux.com/{playback_id}/thumbnail.jpg",
        "animated": f"https://image.mux.com/{playback_id}/animated.gif",
        "storyboard": f"https://image.mux.com/{playback_id}/storyboard.vtt",
    }


def signed_urls(playback_id: str, tokens: dict[str, str]) -> dict[str, str]:
    """The URLs of a playback id whose policy is `signed`, each with the token that opens it."""
    found = urls(playback_id)
    shown = {"hls": "video", "thumbnail": "thumbnail", "animated": "animated", "storyboard": "storyboard"}
    return {name: f"{found[name]}?token={tokens[kind]}" for name, kind in shown.items() if kind in tokens}
