"""A foreign client of the broker: grpcio, with stubs made from the .proto files at run time."""

import importlib
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

from .environment import ROOT

_PROTOS = ROOT / "Sources" / "BrokerRPC" / "Protobuf"


def _load():
    """The modules of both protocols."""
    folder = tempfile.mkdtemp(prefix="usher-stubs-")
    files = ["usher/broker/v1/broker.proto", "grpc/health/v1/health.proto"]
    for file in files:
        # Without the folders of the packages, which would hide the module grpc.
        copy = pathlib.Path(folder, pathlib.Path(file).name)
        copy.write_bytes((_PROTOS / file).read_bytes())
        assert protoc.main(["protoc", f"-I{folder}", f"--python_out={folder}", f"--grpc_python_out={folder}", str(copy)]) == 0
    sys.path.insert(0, folder)
    return [importlib.import_module(name) for name in ("broker_pb2", "broker_pb2_grpc", "health_pb2", "health_pb2_grpc")]


pb, stubs, health_pb, health_stubs = _load()

_OPTIONS = [("grpc.max_receive_message_length", 8 << 20), ("grpc.max_send_message_length", 8 << 20)]


def plain(address: str) -> grpc.Channel:
    return grpc.insecure_channel(address, options=_OPTIONS)


def secure(address: str, authority, certificate=None, trusted=None) -> grpc.Channel:
    """With the certificate of that name by `authority`, or with none; `trusted` signed the server's."""
    credentials = grpc.ssl_channel_credentials(
        (trusted or authority).path.read_bytes(),
        authority.key(certificate).read_bytes() if certificate else None,
        authority.certificate(certificate).read_bytes() if certificate else None,
    )
    return grpc.secure_channel(address, credentials, [*_OPTIONS, ("grpc.ssl_target_name_override", "usher-broker")])


def detail(error: grpc.RpcError):
    """The broker's own error of a call that failed; None where it gave none."""
    for name, value in error.trailing_metadata() or ():
        if name == "usher-error-bin":
            return pb.Error.FromString(value)
    return None
