"""From APIs and examples to candidate query-answer pairs."""
