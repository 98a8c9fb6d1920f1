# The images of the apps, one target each, built from the root of the repository: docker build --target gateway -t ncn-gateway .
# Targets: gateway, chain_events (on the Functions host), gateway_stream, registry, validator. The compute worker has a file of its own.
# Everything is compiled ahead of time as far as it allows it, so that a start does not wait for the compiler.

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS source
WORKDIR /source
COPY . .
ENV PUBLISH="-c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:OfficialPackages=true -o /app"

FROM source AS gateway_build
RUN dotnet publish functions/Ncn.Gateway ${PUBLISH}
FROM source AS chain_events_build
RUN dotnet publish functions/Ncn.ChainEvents ${PUBLISH}
FROM source AS gateway_stream_build
RUN dotnet publish functions/Ncn.GatewayStream ${PUBLISH}
FROM source AS registry_build
RUN dotnet publish dapr/Ncn.Registry ${PUBLISH}
FROM source AS validator_build
RUN dotnet publish dapr/Ncn.Validator ${PUBLISH}

# The reference secp256k1, the only native library that .NET does not bring; of an older Debian than all images that it goes into, so that it runs in each.
FROM debian:bookworm-slim AS native
RUN apt-get update && apt-get install -y --no-install-recommends libsecp256k1-1 \
    && mkdir /native && cp -L /usr/lib/x86_64-linux-gnu/libsecp256k1.so.1 /native/

FROM mcr.microsoft.com/azure-functions/dotnet-isolated:4-dotnet-isolated10.0 AS functions_host
COPY --from=native /native/ /usr/lib/x86_64-linux-gnu/
# The host keeps its own files under HOME; it needs no root, once its port is above 1024.
RUN mkdir -p /state/data /state/LogFiles && chown -R 10001:10001 /state
ENV AzureWebJobsScriptRoot=/app \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    ASPNETCORE_URLS=http://+:8080 \
    DOTNET_CONTENTROOT=/app \
    DOTNET_EnableDiagnostics=0 \
    HOME=/state
USER 10001:10001
EXPOSE 8080

FROM functions_host AS gateway
COPY --from=gateway_build /app /app

FROM functions_host AS chain_events
COPY --from=chain_events_build /app /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS web_host
COPY --from=native /native/ /usr/lib/x86_64-linux-gnu/
# What an app keeps lies here. Of the validator's files the signing guard is on a disk of its own that lives as long as the key, never a copy of one.
RUN mkdir /state && chown 10001:10001 /state
ENV Ncn__State__Directory=/state \
    DOTNET_CONTENTROOT=/app \
    DOTNET_EnableDiagnostics=0
USER 10001:10001

FROM web_host AS gateway_stream
COPY --from=gateway_stream_build /app /app
ENV APP_PORT=8081 \
    Ncn__Stream__BindAddress=0.0.0.0
EXPOSE 8081
ENTRYPOINT ["dotnet", "/app/Ncn.GatewayStream.dll"]

FROM web_host AS registry
COPY --from=registry_build /app /app
ENV APP_PORT=3600 \
    Ncn__Registry__BindAddress=0.0.0.0
EXPOSE 3600 3601
ENTRYPOINT ["dotnet", "/app/Ncn.Registry.dll"]

FROM web_host AS validator
COPY --from=validator_build /app /app
ENV APP_PORT=3610 \
    Ncn__Validator__BindAddress=0.0.0.0 \
    Ncn__Validator__LinkPort=3611
VOLUME /state
EXPOSE 3610 3611
ENTRYPOINT ["dotnet", "/app/Ncn.Validator.dll"]
