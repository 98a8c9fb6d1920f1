using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments.Relay;

/// <summary>Bounds the gas that one payer can have burned for it by transactions that bring the operator nothing.</summary>
public sealed class RelayAllowance(IOptions<GatewayOptions> options) : IDisposable
{
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(30);

    private readonly PartitionedRateLimiter<Address> _limiter = PartitionedRateLimiter.Create<Address, Address>(payer =>
        RateLimitPartition.GetTokenBucketLimiter(payer, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Value.RelaysPerPayer,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = Refill,
            QueueLimit = 0,
            AutoReplenishment = true,
        }));

    public void Dispose() => _limiter.Dispose();

    /// <summary>Counts one transaction for a payer. Throws <see cref="ApiException"/> 429 when it has had too many.</summary>
    public void Take(Address payer)
    {
        using var lease = _limiter.AttemptAcquire(payer);
        if (!lease.IsAcquired)
        {
            throw new ApiException(new ApiError(
                429, "too_many_settlements", $"The gateway has paid the gas of many transactions for {payer}; repeat this one later, or send it yourself.")
            { RetryAfterSeconds = (int)Refill.TotalSeconds });
        }
    }

    /// <summary>The same for a transfer, unless it brings enough.</summary>
    public void Take(Address payer, TokenAmount brings)
    {
        if (brings < new TokenAmount((UInt128)options.Value.RelayFloor))
        {
            Take(payer);
        }
    }
}
