"""The loop that every Python client shares: one operation a line of JSON on standard input, one answer a line."""

import base64
import json
import sys
import time
import traceback

CONSUME_TIMEOUT_S = 120


def decode(text):
    return None if text is None else base64.b64decode(text)


def encode(content):
    return None if content is None else base64.b64encode(content).decode()


def decoded_headers(record):
    return [(name, decode(value)) for name, value in record["headers"]]


def received(partition, offset, timestamp, key, value, headers):
    return {
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp,
        "key": encode(key),
        "value": encode(value),
        "headers": [[name, encode(content)] for name, content in headers or []],
    }


class Deadline:
    """Says what was missing when something did not come in time."""

    def __init__(self, what, seconds=CONSUME_TIMEOUT_S):
        self._what = what
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self, state):
        if time.monotonic() > self._end:
            raise TimeoutError(f"{self._what}: after {self._seconds} s only {state}")


def keep(records, found):
    """Adds what is not there already: a client that had to join again starts from what was committed."""
    there = {(record["partition"], record["offset"]) for record in records}
    records.extend(record for record in found if (record["partition"], record["offset"]) not in there)


def next_offsets(records):
    """By partition, what to commit after these records."""
    offsets = {}
    for record in records:
        offsets[record["partition"]] = max(offsets.get(record["partition"], 0), record["offset"] + 1)
    return offsets


def serve(operations, call=lambda operation, request: operation(request)):
    """Answers operations until standard input ends. `operations` maps names to functions of one request."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"output": call(operations[request["operation"]], request["input"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer, separators=(",", ":")), flush=True)
