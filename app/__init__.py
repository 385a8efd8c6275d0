"""What a person touches: command line, server, screens, components. Never imports dagster."""
