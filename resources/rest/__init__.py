"""Parts of the REST executor: request building, guarded connections, host scheduling and reading of responses."""
