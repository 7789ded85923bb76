"""What the worker does, in the test's own process."""

from flask import Flask


def run_tasks(app: Flask) -> int:
    """Runs all tasks that are due, and those they enqueue; returns how many there were."""
    queue = app.extensions["queue"]
    for task in queue.read_schedule(queue._get_timestamp()):
        queue.enqueue(task)
    done = 0
    # Taking a task from an empty Redis queue waits for a second.
    while queue.pending_count():
        queue.execute(queue.dequeue())
        done += 1
    return done


def run_postponed_tasks(app: Flask) -> int:
    """Runs the tasks that are scheduled for later, at once."""
    queue = app.extensions["queue"]
    postponed = queue.scheduled()
    queue.storage.flush_schedule()
    for task in postponed:
        task.eta = None
        queue.enqueue(task)
    return run_tasks(app)
