"""The session as a pydantic model, for Tavern's validate_pydantic."""

# ruff: noqa: D101  a model as others write it

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

Status = Literal[
    "WAITING",
    "BACK",
    "IN_PROGRESS",
    "MANUAL_ID_CHECK",
    "COMPLETED",
    "CANCELLED",
    "FAILED",
    "DISABLED",
    "ERROR",
]


class Session(BaseModel):
    session_id: UUID
    status: Status
    updated_at: AwareDatetime
    expires_at: AwareDatetime
    authorization_token: UUID | None = None
    order_id: UUID | None = None
    klarna_reference: str | None = Field(None, min_length=1)
    customer: dict[str, str] | None = None
    manual_identification: dict | None = None

    @model_validator(mode="after")
    def completed_has_an_outcome(self):
        if self.status == "COMPLETED" and not (self.authorization_token or (self.order_id and self.klarna_reference)):
            raise ValueError("a completed session has a token, or an order and its reference")
        return self
