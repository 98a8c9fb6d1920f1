using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Dapr;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Hosting.Metrics;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Validator.Api;
using Ncn.Validator.Duty;

namespace Ncn.Validator.Hosting;

/// <summary>Composes the app.</summary>
internal static class NcnValidator
{
    private const string DefaultPort = "3610";
    private const string TokenHeader = "dapr-api-token";

    internal static void AddNcnValidator(this WebApplicationBuilder builder)
    {
        var (configuration, services) = (builder.Configuration, builder.Services);
        var actorType = configuration["Ncn:Validator:ActorType"] ?? new ValidatorOptions().ActorType;
        builder.WebHost.UseUrls($"http://{configuration["Ncn:Validator:BindAddress"] ?? "127.0.0.1"}:{configuration["APP_PORT"] ?? DefaultPort}");
        services.AddOptions<ValidatorOptions>().BindConfiguration("Ncn:Validator").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(ChainSettings.Read(key => configuration[key]));
        services.TryAddSingleton<TokenCredential>(static _ => new DefaultAzureCredential());
        services.TryAddSingleton(static _ => new SecretClientOptions());
        services.AddHttpClient(PeerBook.ClientName, static client => client.MaxResponseContentBufferSize = PeerBook.MostBytes);
        services.AddHttpClient(PeerBook.StrangersName, static client => client.MaxResponseContentBufferSize = PeerBook.MostBytes)
            .ConfigurePrimaryHttpMessageHandler(static provider => new AddressGuard(provider.GetRequiredService<IOptions<ValidatorOptions>>().Value.Calls) { WantsTls = true }.Handler(PeerBook.Patience));
        services.AddHttpClient(GatewayReader.ClientName, static client => (client.Timeout, client.MaxResponseContentBufferSize) = (GatewayReader.Patience, GatewayReader.MostBytes));
        services.TryAddSingleton(static provider => new PeerUrls([.. provider.GetRequiredService<IOptions<ValidatorOptions>>().Value.PeerUrls().OfType<Uri>()]));
        services.AddSingleton<ValidatorHost>().AddHostedService(static provider => provider.GetRequiredService<ValidatorHost>());
        services.AddSingleton<ValidatorGauges>();
        services.AddDaprClient(client => client.UseJsonSerializationOptions(ProtocolJson.Options));
        services.AddActors(options =>
        {
            options.UseJsonSerialization = true;
            options.JsonSerializerOptions = ProtocolJson.Options;
            options.Actors.RegisterActor<ValidatorActor>(actorType);
        });
        services.AddHostedService<ActorWaker>();
    }

    internal static void MapNcnValidator(this WebApplication app)
    {
        app.UseSidecarToken();
        app.UseCloudEvents();
        app.MapNcnMetrics();
        app.MapActorsHandlers();
        app.MapSubscribeHandler();
        app.MapPost("/topics/consensus", ConsensusTopic.ReceiveAsync).WithTopic("pubsub", ConsensusTopic.Name);
        app.MapLedger();
        app.MapPeers();
        app.Services.GetRequiredService<ValidatorGauges>();
        app.MapGet("/readyz", static (ValidatorHost host) => host.Status() is { State: "voting" or "following" } ? Results.Text("Ready") : Results.Text("The validator does not take part.", statusCode: StatusCodes.Status503ServiceUnavailable));
    }

    // What the sidecar alone may call is closed to others when it has a token; the ledger is for anybody.
    private static void UseSidecarToken(this WebApplication app)
    {
        var secret = Encoding.UTF8.GetBytes(DaprDefaults.GetDefaultAppApiToken(app.Configuration));
        app.Use(async (http, next) =>
        {
            var path = http.Request.Path;
            var isOpen = path.StartsWithSegments("/ncn") || path == "/healthz" || path == "/readyz" || path == "/metrics";
            if (secret.Length == 0 || isOpen || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(http.Request.Headers[TokenHeader].ToString()), secret))
            {
                await next(http);
                return;
            }

            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        });
    }
}
