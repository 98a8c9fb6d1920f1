using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Hosting;
using Ncn.Serving.Fairness;

namespace Ncn.Serving.Hosting;

/// <summary>How much memory all request bodies together may take, and how slowly they may come.</summary>
internal sealed class BodyBudget(IOptions<AdmissionOptions> options)
{
    /// <summary>Bodies up to here are counted by the number of connections.</summary>
    private const int SmallBytes = 64 * 1024;

    private long _taken;

    /// <summary>The rules for a body of small announced size.</summary>
    public BodyRules Small { get; } = Rules(options.Value);

    /// <summary>Bytes that bodies have taken now.</summary>
    public long TakenBytes => Volatile.Read(ref _taken);

    /// <summary>The rules for a request: what it takes is given back when its response is over.</summary>
    public BodyRules For(HttpRequest request)
    {
        if (request.ContentLength is <= SmallBytes)
        {
            return Small;
        }

        var share = new Share(this);
        request.HttpContext.Response.RegisterForDispose(share);
        return Small with { Keep = share.Take };
    }

    private static BodyRules Rules(AdmissionOptions options) => new()
    {
        Grace = TimeSpan.FromSeconds(options.BodyGraceSeconds),
        BytesPerSecond = options.BodyBytesPerSecond,
        Longest = TimeSpan.FromSeconds(options.BodySeconds),
    };

    private bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= options.Value.MaxBodyMemoryBytes)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    private sealed class Share(BodyBudget budget) : IDisposable
    {
        private long _free = SmallBytes;
        private long _held;

        public void Take(int bytes)
        {
            var beyond = Math.Max(0, bytes - _free);
            _free = Math.Max(0, _free - bytes);
            if (beyond > 0 && !budget.TryTake(beyond))
            {
                throw new ApiException(new ApiError(503, ApiError.Overloaded, string.Create(
                    CultureInfo.InvariantCulture, $"The gateway has no memory left for a body beyond {SmallBytes} bytes; repeat the request in a moment."))
                { RetryAfterSeconds = 2 });
            }

            _held += beyond;
        }

        public void Dispose() => Interlocked.Add(ref budget._taken, -Interlocked.Exchange(ref _held, 0));
    }
}
