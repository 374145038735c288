"""A sender that has no code of the contract: it asks the relay what there is, and then sends."""

import sys

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "electrician.RelayService"
TIMEOUT = 60

channel = grpc.insecure_channel(sys.argv[1])
database = ProtoReflectionDescriptorDatabase(channel)
print("services", *sorted(database.get_services()))
pool = descriptor_pool.DescriptorPool(database)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"electrician.{name}"))


Payload, Envelope, Ack = message("WrappedPayload"), message("RelayEnvelope"), message("StreamAcknowledgment")

health = health_pb2_grpc.HealthStub(channel)
Status = health_pb2.HealthCheckResponse.ServingStatus
watching = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=TIMEOUT)
for change in watching:
    if change.status == health_pb2.HealthCheckResponse.SERVING:
        print("watched", Status.Name(change.status))
        break
watching.cancel()
answer = health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=TIMEOUT)
print("health", Status.Name(answer.status))
try:
    health.Check(health_pb2.HealthCheckRequest(service="nothing"), timeout=TIMEOUT)
except grpc.RpcError as error:
    print("health of nothing", error.code().name)

receive = channel.unary_unary(
    f"/{SERVICE}/Receive",
    request_serializer=Payload.SerializeToString,
    response_deserializer=Ack.FromString,
)


def payload(body, seq):
    made = Payload(id=str(seq), payload=body, seq=seq)
    made.metadata.content_type = "application/json"
    return made


ack = receive(payload(b"7", 7), timeout=TIMEOUT)
print("unary", ack.success, repr(ack.message), ack.seq)
ack = receive(payload(b"{", 8), timeout=TIMEOUT)
print("broken", ack.success, f"retryable={ack.retryable}")


def frames():
    opening = Envelope()
    opening.open.stream_id = "python"
    opening.open.ack_mode = 2  # in batches
    opening.open.ack_every_n = 10
    opening.open.defaults.content_type = "application/json"
    yield opening
    for n in range(100):
        yield Envelope(payload=Payload(payload=str(1000 + n).encode(), seq=n + 1))
    closing = Envelope()
    closing.close.reason = "end"
    yield closing


stream = channel.stream_stream(
    f"/{SERVICE}/StreamReceive",
    request_serializer=Envelope.SerializeToString,
    response_deserializer=Ack.FromString,
)
acks = list(stream(frames(), timeout=TIMEOUT))
good, bad = sum(ack.ok_count for ack in acks), sum(ack.err_count for ack in acks)
print(f"stream {good} acknowledged, {bad} refused")
