"""The producer's side: pika, with publisher confirms."""

import json
import uuid

import pika

from .environment import ENV

EXCHANGE = "usher.services"
DEAD_LETTERS = "usher.dead-letters"


class Producer:
    """One connection to RabbitMQ; every `publish` returns once RabbitMQ has taken charge of the message."""

    def __init__(self, url: str = ENV["USHER_AMQP_URL"]):
        self._url = url

    def __enter__(self) -> "Producer":
        self._connection = pika.BlockingConnection(pika.URLParameters(self._url))
        self.channel = self._connection.channel()
        self.channel.confirm_delivery()
        return self

    def __exit__(self, *_) -> None:
        self._connection.close()

    def publish(self, queue: str, data: dict, kind: str = "test", message_id: str | None = None) -> str:
        """Publishes the bare data object; returns its message id."""
        return self.publish_raw(
            json.dumps({"queue": queue, "kind": kind, **data}, ensure_ascii=False).encode(),
            routing_key=f"service.{queue}.{kind}",
            message_id=message_id or str(uuid.uuid4()),
        )

    def publish_raw(self, body: bytes, routing_key: str, message_id: str | None, **properties) -> str | None:
        """Publishes any bytes. Raises when RabbitMQ refuses them or has no queue for them."""
        self.channel.basic_publish(
            EXCHANGE,
            routing_key,
            body,
            pika.BasicProperties(
                message_id=message_id, content_type="application/json", delivery_mode=2, **properties
            ),
            mandatory=True,
        )
        return message_id

    def dead_letter(self, message_id: str) -> dict | None:
        """Takes out the dead letter with this id and returns its headers; None where there is none. Others stay."""
        found, others = None, []
        while found is None:
            method, properties, _ = self.channel.basic_get(DEAD_LETTERS)
            if method is None:
                break
            if properties.message_id == message_id:
                found = properties.headers or {}
                self.channel.basic_ack(method.delivery_tag)
            else:
                others.append(method.delivery_tag)
        for tag in others:
            self.channel.basic_nack(tag, requeue=True)
        return found
