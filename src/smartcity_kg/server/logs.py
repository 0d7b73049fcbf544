"""How the log is written: a line of JSON each, to standard error, without visitors' addresses (layer 6)."""

import json
import logging
from typing import Any


class JsonFormatter(logging.Formatter):
    """A line of JSON; what is JSON already stays as it is.

    >>> record = logging.makeLogRecord({"msg": "ready", "levelname": "INFO", "name": "a", "created": 0})
    >>> JsonFormatter().format(record)
    '{"time": 0, "level": "info", "logger": "a", "message": "ready"}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line."""
        message = record.getMessage()
        if record.name == "smartcity_kg.access":
            return message
        said: dict[str, Any] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "loggers": {
        "uvicorn": {"handlers": ["errors"], "level": "WARNING", "propagate": False},
        "smartcity_kg": {"handlers": ["errors"], "level": "INFO", "propagate": False},
    },
}
