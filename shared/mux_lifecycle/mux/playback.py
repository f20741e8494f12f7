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
