# The runner with its packages and PostgreSQL's client tools: `docker build -t respaldo .`
# Any Debian trixie with Node 24, npm and a user of id 1000 will do as base.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /opt/respaldo
COPY package.json package-lock.json .npmrc ./
# Types and source maps are for development.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM ${NODE_IMAGE} AS sources
WORKDIR /opt/respaldo
COPY package.json LICENSE ./
COPY demo demo
COPY functions functions
COPY lib lib
COPY runner runner
# A checkout's modes are its owner's affair: in the image everybody may read.
RUN chmod -R a+rX . && chmod a+x runner/respaldo.mjs

FROM ${NODE_IMAGE}
# The tools are for servers reached directly; a container's or pod's own are used where the database is in one.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client-17 tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* \
 && ln -s /opt/respaldo/runner/respaldo.mjs /usr/local/bin/respaldo \
 && install --directory --owner=1000 --group=1000 /respaldo \
 && install --directory --owner=1000 --group=1000 --mode=0700 /respaldo/backups
COPY --from=packages /opt/respaldo/node_modules /opt/respaldo/node_modules
COPY --from=sources /opt/respaldo /opt/respaldo

ENV NODE_ENV=production BACKUP_DIR=/respaldo/backups
WORKDIR /respaldo
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# tini reaps what a run leaves behind when it is killed, and passes SIGTERM on.
ENTRYPOINT ["tini", "--", "respaldo"]
CMD ["serve"]
