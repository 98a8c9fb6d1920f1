using Dapr.Actors;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;

namespace Ncn.Validator.Hosting;

/// <summary>Tells the actor once that the validator runs; without a sidecar there is none to tell.</summary>
internal sealed class ActorWaker(IActorProxyFactory proxies, IConfiguration configuration, IOptions<ValidatorOptions> options, TimeProvider time, ILogger<ActorWaker> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var hasSidecar = configuration["DAPR_HTTP_PORT"] is { Length: > 0 } || configuration["DAPR_HTTP_ENDPOINT"] is { Length: > 0 };
        while (hasSidecar && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await proxies.CreateActorProxy<IValidatorActor>(new ActorId(IdOf(options.Value)), options.Value.ActorType).WakeAsync();
                return;
            }
            catch (Exception silent) when (silent is HttpRequestException or Dapr.DaprException or ActorMethodInvocationException)
            {
                log.LogInformation("The sidecar does not take the validator's actor yet: {Reason}", silent.Message);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    /// <summary>Subnet and number.</summary>
    internal static string IdOf(ValidatorOptions options) => $"{options.Subnet}-{options.Index}";
}
