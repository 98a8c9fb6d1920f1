using Dapr.Actors.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Batches;
using Ncn.Serving.Execution;
using Ncn.Serving.Fairness;
using Ncn.Serving.Guests;
using Ncn.Serving.Nodes;
using Ncn.Serving.Observability;
using Ncn.Serving.Oip;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Outbound;
using Ncn.Serving.Payments;
using Ncn.Serving.Queueing;
using Ncn.Serving.Quotes;
using Ncn.Serving.Requests;
using Ncn.Serving.Responses;
using Ncn.Serving.Sealed;
using Ncn.Serving.Validators;
using Ncn.Vault;

namespace Ncn.Serving.Hosting;

/// <summary>Composes a gateway.</summary>
public static class NcnServing
{
    /// <summary>Adds everything that a gateway's endpoints need; the actor proxy factory and the Dapr client are the app's to add.</summary>
    public static T AddNcnServing<T>(this T builder)
        where T : IHostApplicationBuilder
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration("Ncn:Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(ChainSettings.Read(key => builder.Configuration[key]));
        services.AddSingleton(Identity);
        services.AddSingleton<IEscrowReader, ChainEscrowReader>();
        services.AddSingleton<IValidatorSetReader, ChainValidatorSet>();
        services.AddNcnParts();
        services.AddSingleton<IActorProxyFactory>(static _ => new ActorProxyFactory(new ActorProxyOptions
        {
            UseJsonSerialization = true,
            JsonSerializerOptions = ProtocolJson.Options,
        }));
        return builder;
    }

    /// <summary>Adds all that needs nothing but options, identity, time, the chain's readers, actors and the sidecar.</summary>
    public static IServiceCollection AddNcnParts(this IServiceCollection services)
    {
        services.AddNcnPayments();
        services.AddNcnAnswers();
        services.AddNcnBatches();
        services.AddNcnResponses();
        services.AddNcnOutbound();
        services.AddNcnObservability();
        services.AddNcnFairness();
        services.AddNcnQuotes();
        services.AddNcnGuests();
        services.AddNcnExecution();
        services.AddNcnRequests();
        services.AddNcnValidators();
        services.AddSingleton<MempoolTurns>().AddSingleton<JobPublisher>().AddSingleton<QueuedAnswers>().AddSingleton<JobLeases>().AddSingleton<JobsEndpoint>();
        services.AddSingleton<SealedEndpoint>().AddSingleton<SealedKeysEndpoint>();
        services.AddNcnOpenAi();
        services.AddNcnOpenInference().AddSingleton<NodesEndpoint>();
        return services;
    }

    private static GatewayIdentity Identity(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var chain = services.GetRequiredService<ChainSettings>();
        return new GatewayIdentity(
            KeySource.Of(configuration).Load("gateway", configuration["Ncn:Gateway:KeyFile"]),
            chain.ChainId, chain.Token, chain.PaymentsDomain, chain.NetworkDomain,
            configuration["Ncn:Gateway:PublicUrl"] ?? $"http://127.0.0.1:{configuration["APP_PORT"] ?? "8080"}",
            configuration.GetValue("Ncn:Network:FreeOfCharge", false));
    }
}

/// <summary>Reads escrow from the chain.</summary>
internal sealed class ChainEscrowReader(ChainSettings settings) : IEscrowReader, IDisposable
{
    private readonly ChainConnection _connection = new(settings);

    public async Task<EscrowView> ReadAsync(ChannelId channel, CancellationToken cancellationToken)
    {
        var view = await new InferencePaymentContract(_connection).ReadChannelAsync(channel);
        return new EscrowView(new Ncn.Payments.Channels.ChannelFunds(view.Balance, view.Withdrawing), view.TotalClaimed, view.WithdrawalBegunAt);
    }

    public void Dispose() => _connection.Dispose();
}
