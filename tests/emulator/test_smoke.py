from tests.emulator.doubles import Api, Receiver


def test_it(api: Api, receiver: Receiver, video: bytes) -> None:
    a = api.uploaded(video)
    assert a["status"] == "ready"
    assert [h.type for h in receiver.wait(4)] == [
        "video.upload.created",
        "video.upload.asset_created",
        "video.asset.created",
        "video.asset.ready",
    ]
