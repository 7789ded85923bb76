"""The baseline (1.0) of the pages' table: the minimum that Flask can do under the same gunicorn."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "hello"
