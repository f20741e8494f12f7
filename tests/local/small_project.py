"""A small project for the tests of the local stack: functions that echo, answer as told, and misbehave."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
    AWSTemplateFormatVersion: "2010-09-09"
    Transform: AWS::Serverless-2016-10-31
    Parameters:
      AllowedOrigins: {Type: CommaDelimitedList}
      JwtIssuer: {Type: String}
    Globals:
      Function:
        Runtime: python3.13
        CodeUri: functions/
        Timeout: 5
        MemorySize: 256
        Layers: [!Ref Layer]
        Environment: {Variables: {SHARED: everywhere}}
    Resources:
      Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
      Api:
        Type: AWS::Serverless::HttpApi
        Properties:
          Auth:
            DefaultAuthorizer: Jwt
            Authorizers:
              Jwt:
                IdentitySource: $request.header.Authorization
                JwtConfiguration: {issuer: !Ref JwtIssuer, audience: [client-1, client-2]}
          CorsConfiguration:
            AllowOrigins: !Ref AllowedOrigins
            AllowMethods: [GET, POST]
            AllowHeaders: [authorization, content-type]
            ExposeHeaders: [retry-after]
            MaxAge: 600
      EchoFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: echo.handler
          Events:
            List: {Type: HttpApi, Properties: {Method: get, Path: /things}}
            Get: {Type: HttpApi, Properties: {Method: GET, Path: "/things/{id}"}}
            Fixed: {Type: HttpApi, Properties: {Method: GET, Path: /things/fixed}}
            Part: {Type: HttpApi, Properties: {Method: GET, Path: "/things/{id}/parts/{part}"}}
            Create: {Type: HttpApi, Properties: {Method: POST, Path: /things}}
            Open: {Type: HttpApi, Properties: {Method: POST, Path: /open, Auth: {Authorizer: NONE}}}
            Scoped:
              Type: HttpApi
              Properties: {Method: GET, Path: /scoped, Auth: {AuthorizationScopes: [things/read, things/all]}}
      ResultFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: result.handler
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /result, Auth: {Authorizer: NONE}}}
      BehaveFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: behave.handler
          Timeout: 2
          Environment: {Variables: {OWN: "1"}}
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /behave, Auth: {Authorizer: NONE}}}
      BrokenFunction:
        Type: AWS::Serverless::Function
        Properties:
          Handler: broken.handler
          Events:
            Post: {Type: HttpApi, Properties: {Method: POST, Path: /broken, Auth: {Authorizer: NONE}}}
"""

SOURCES = {
    "functions/echo.py": """
        import json

        def handler(event, context):
            return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
    """,
    "functions/result.py": """
        import json

        def handler(event, context):
            return json.loads(event["body"])
    """,
    "functions/behave.py": """
        import os
        import sys
        import threading
        import time
        from datetime import UTC, datetime

        import from_layer

        STARTED = time.time()
        CALLS = []

        def handler(event, context):
            if "body" in event:
                import json
                event = json.loads(event["body"])
            CALLS.append(event["do"])
            return globals()[event["do"]](event, context)

        def calls(event, context):
            return {"pid": os.getpid(), "calls": CALLS, "layer": from_layer.VALUE}

        def environment(event, context):
            return dict(os.environ)

        def path(event, context):
            return sys.path

        def describe(event, context):
            remaining = context.get_remaining_time_in_millis()
            return {name: getattr(context, name) for name in event["names"]} | {"remaining": remaining}

        def fail(event, context):
            raise ValueError(event["message"])

        def say(event, context):
            print(event["text"])

        def unserialisable(event, context):
            return object()

        def large(event, context):
            return "x" * event["size"]

        def leave(event, context):
            os._exit(3)

        def sleep(event, context):
            time.sleep(event["seconds"])
            return "slept"

        def now(event, context):
            fired = threading.Event()
            timer = threading.Timer(0.2, fired.set)
            timer.start()
            waited = fired.wait(5)
            timer.join()
            return {
                "time": time.time(),
                "utc": datetime.now(UTC).timestamp(),
                "started": STARTED,
                "timer": waited,
                "remaining": context.get_remaining_time_in_millis(),
            }

        def table(event, context):
            import boto3
            client = boto3.client("dynamodb")
            client.put_item(TableName=event["name"], Item={"pk": {"S": "a"}})
            item = client.get_item(TableName=event["name"], Key={"pk": {"S": "a"}})["Item"]
            return {"item": item, "time": time.time()}
    """,
    "functions/broken.py": """
        import no_such_module
    """,
    "layer/from_layer.py": """
        VALUE = 1
    """,
}


def write_project(folder: Path) -> Path:
    """Write the small project of these tests; answers its template."""
    for name, source in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source), encoding="utf-8")
    template = folder / "template.yaml"
    template.write_text(dedent(TEMPLATE), encoding="utf-8")
    return template
