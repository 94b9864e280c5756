# glibc is needed: µWebSockets.js has no binaries for musl, so Alpine would fall back to the slower transport.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY protocol protocol
COPY server server
COPY clients clients
COPY bench bench
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund
# µWebSockets.js carries binaries for every platform and Node.js (250 MB): one is needed.
RUN cd node_modules/uWebSockets.js \
  && keep=$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`') \
  && test -f "$keep" \
  && find . -mindepth 1 -maxdepth 1 \
    ! -name "$keep" ! -name uws.js ! -name ESM_wrapper.mjs ! -name package.json ! -name 'LICENSE*' \
    -exec rm -r {} + \
  && node -e 'require("./uws.js")'

FROM node:20-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# Before VOLUME: what is changed in a volume afterwards is lost.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "const { HOST, HEALTH_PORT, WS_PORT } = process.env; const host = HOST?.replace(/^[^[]*:.*$/, '[$&]') || '127.0.0.1'; fetch(`http://${host}:${HEALTH_PORT || WS_PORT || 3001}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a key (JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL) it listens on 127.0.0.1, which is inside the container.
ENTRYPOINT ["node", "dist/server/main.js"]
CMD ["serve"]
