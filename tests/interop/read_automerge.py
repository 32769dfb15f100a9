"""Opens an Automerge file with the official Python library and prints its content as JSON."""

import json
import sys

from automerge.core import ROOT, Document, ObjType


def plain(document, found):
    """Returns a value as json can write it."""
    value, identity = found
    match value:
        case ObjType.Map:
            return {key: plain(document, document.get(identity, key)) for key in document.keys(identity)}
        case ObjType.List:
            return [plain(document, document.get(identity, at)) for at in range(document.length(identity))]
        case ObjType.Text:
            return document.text(identity)
        case (_kind, scalar):
            return scalar
        case _:
            return value


with open(sys.argv[1], "rb") as file:
    document = Document.load(file.read())
print(json.dumps({key: plain(document, document.get(ROOT, key)) for key in document.keys(ROOT)}))
