"""Alerts on their way out: gathered, sent by Apprise in a child process, tried again; and a healthy daemon's ping."""
