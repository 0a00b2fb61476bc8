"""The settings of the control room: where people open it."""

from pydantic import BaseModel, ConfigDict


class RoomSettings(BaseModel):
    """Where people open the control room, such as https://room.lender.example; messages link to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: str = ""
