# Short names for what the scripts do; nothing here is needed to build or test.

# What CI runs.
check:
    .ci/run

# Formatting, generated files and snapshots brought up to date.
fix:
    cargo fmt --all
    cargo run --locked --bin assayc -- schema --output schemas/json
    cargo run --locked --bin assayc -- docs --output docs/reference
    INSTA_UPDATE=always ./test

# The figures, as ratios in one run.
bench *names:
    ./bench {{names}}

# The worked example.
demo:
    ./demo
