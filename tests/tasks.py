"""Runs the worker's tasks in the test's process."""

from flask import Flask


def run_tasks(app: Flask) -> int:
    """Runs all due tasks and those that they enqueue; returns their number."""
    queue = app.extensions["queue"]
    for task in queue.read_schedule(queue._get_timestamp()):
        queue.enqueue(task)
    done = 0
    # Taking a task from an empty Redis queue waits for a second.
    while queue.pending_count():
        queue.execute(queue.dequeue())
        done += 1
    return done


def run_delayed_tasks(app: Flask) -> int:
    """Runs the tasks that are scheduled for later immediately."""
    queue = app.extensions["queue"]
    postponed = queue.scheduled()
    queue.storage.flush_schedule()
    for task in postponed:
        task.eta = None
        queue.enqueue(task)
    return run_tasks(app)
