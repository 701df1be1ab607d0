"""Idempotency keys: the first answer is kept for a day and given again to the same question."""

from dataclasses import asdict, dataclass
from hashlib import sha256

from config.devstack.stripe_stand_in.errors import KeyMismatch
from config.devstack.stripe_stand_in.tables import Json, pack_json, unpack_json

KEPT_S = 24 * 3600


@dataclass(frozen=True)
class Kept:
    """An answer kept under a key."""

    account: str
    key: str
    path: str
    question: str
    status: int
    packed: bytes
    request_id: str
    at: int

    def body(self) -> Json:
        """The answer's body."""
        body: Json = unpack_json(self.packed)
        return body

    def to_journal(self) -> Json:
        """The entry that brings it back after a restart."""
        return {"kept": asdict(self) | {"packed": None}, "body": self.body()}


class KeptAnswers:
    """Answers by account and key, oldest first so that old ones can be dropped from the front."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Kept] = {}

    def keep(self, answer: Kept) -> None:
        """Keep an answer."""
        self.answers.pop((answer.account, answer.key), None)
        self.answers[answer.account, answer.key] = answer

    def drop_old(self, now: int) -> None:
        """Forget what is older than a day; Stripe promises at least that long."""
        while self.answers:
            place = next(iter(self.answers))
            if now - self.answers[place].at < KEPT_S:
                break
            del self.answers[place]

    def find(self, account: str, key: str, path: str, question: str) -> Kept | None:
        """The kept answer to the same question. Raises KeyMismatch for another question."""
        answer = self.answers.get((account, key))
        if answer is None:
            return None
        if answer.path != path:
            raise KeyMismatch(
                "Keys for idempotent requests can only be used for the same endpoint they were "
                f"first used for ('{answer.path}' vs '{path}'). Try using a key other than "
                f"'{key}' if you meant to execute a different request."
            )
        if answer.question != question:
            raise KeyMismatch(
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{key}' if you meant to "
                "execute a different request."
            )
        return answer

    def restore(self, entry: Json) -> None:
        """Bring back an answer from its journal entry."""
        self.keep(Kept(**(entry["kept"] | {"packed": pack_json(entry["body"])})))


def digest_question(method: str, encoded: str) -> str:
    """What makes two requests the same question: method and parameters, in any order."""
    parameters = "&".join(sorted(encoded.split("&")))
    return sha256(f"{method} {parameters}".encode()).hexdigest()
