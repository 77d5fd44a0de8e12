# syntax=docker/dockerfile:1
# A trial with sample desks and a mailbox to look into: docker build -t atiende .
#   docker run --rm -it --network host atiende demo --listen 127.0.0.1:8080
# For real, with PostgreSQL and mail: README.md. Other subcommands go after the image's name: docker run … atiende desk list
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libpq-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN bash .ci/wasm-toolchain >/dev/null && cargo run --quiet --package bundler && cargo build --release --package api

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/atiende --create-home --shell /usr/sbin/nologin atiende && chmod 0700 /var/lib/atiende
COPY --from=build /src/target/release/atiende /usr/bin/atiende
COPY --from=build /src/web/dist /usr/share/atiende/web
COPY --from=build /src/api/desks /usr/share/atiende/desks
USER atiende
WORKDIR /var/lib/atiende
ENV ATIENDE_DATA_DIR=/var/lib/atiende ATIENDE_LISTEN=0.0.0.0:8080 ATIENDE_WEB_DIR=/usr/share/atiende/web ATIENDE_LOG_FORMAT=json
EXPOSE 8080
VOLUME /var/lib/atiende
ENTRYPOINT ["atiende"]
CMD ["serve"]
