"""The rehearsal: a whole campaign on this machine, with a phone, a push server and a Google of our own."""
