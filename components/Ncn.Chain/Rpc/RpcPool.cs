using System.Threading.RateLimiting;
using Nethereum.JsonRpc.Client;
using Nethereum.Web3;

namespace Ncn.Chain.Rpc;

/// <summary>Asks the first of several nodes that is well; every request of one question goes to the same node.</summary>
/// <remarks>
/// A node is passed over for a while after it failed, while it is further behind the others than the settings allow, and for good
/// when it serves another chain. When all are passed over, all are tried. A refusal by a contract, and an error that another node
/// would give too, is an answer and is not asked again.
/// </remarks>
internal sealed class RpcPool : IDisposable
{
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    private readonly ChainSettings _settings;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly RateLimiter?[] _turns;
    private readonly HttpClient _http;
    private readonly RpcEndpoint[] _endpoints;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private DateTimeOffset _probedAt = DateTimeOffset.MinValue;

    /// <param name="jitter">Draws from 0 to 1, to spread retries.</param>
    internal RpcPool(ChainSettings settings, TimeProvider time, Func<double> jitter)
    {
        (_settings, _time, _jitter) = (settings, time, jitter);
        _turns = [.. settings.Endpoints.Select(_ => settings.Limits.RequestsPerSecond == 0 ? null : new TokenBucketRateLimiter(Bucket((int)settings.Limits.RequestsPerSecond)))];
        _http = new HttpClient { Timeout = TimeSpan.FromSeconds(settings.Limits.RequestTimeoutSeconds), MaxResponseContentBufferSize = settings.Limits.MaxAnswerBytes };
        _endpoints = [.. settings.Endpoints.Zip(_turns, (url, turns) => new RpcEndpoint(url, new Web3(new RpcClient(url, _http)), settings.Limits, turns, time))];
    }

    public void Dispose()
    {
        Array.ForEach(_turns, static turns => turns?.Dispose());
        _probing.Dispose();
        _http.Dispose();
    }

    /// <summary>Asks; throws <see cref="ChainException"/> when nobody gives a usable answer.</summary>
    internal async Task<T> AskAsync<T>(string what, Func<RpcEndpoint, Task<T>> ask, CancellationToken cancellationToken = default)
    {
        ChainException? failure = null;
        for (var round = 0; round < _settings.Limits.Rounds; round++)
        {
            if (round > 0)
            {
                await Task.Delay(FirstPause * (1 << round) * (0.5 + (_jitter() / 2)), _time, cancellationToken).ConfigureAwait(false);
            }

            foreach (var endpoint in await OrderAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await CheckChainAsync(endpoint, cancellationToken).ConfigureAwait(false);
                    return await ask(endpoint).ConfigureAwait(false);
                }
                catch (Exception failed) when (ChainFailures.Translate(what, endpoint.Url, failed) is { } translated)
                {
                    failure = translated;
                    if (ChainFailures.IsAnswer(failed))
                    {
                        throw translated;
                    }

                    endpoint.AvoidUntil = _time.GetUtcNow() + AvoidFor;
                }
            }
        }

        throw failure!;
    }

    /// <summary>Asks the first node once, whatever chain it serves: for what must not be repeated, and for the chain's id.</summary>
    internal async Task<T> AskOnceAsync<T>(string what, Func<RpcEndpoint, Task<T>> ask)
    {
        var endpoint = _endpoints[0];
        try
        {
            return await ask(endpoint).ConfigureAwait(false);
        }
        catch (Exception failed) when (ChainFailures.Translate(what, endpoint.Url, failed) is { } translated)
        {
            throw translated;
        }
    }

    private async Task CheckChainAsync(RpcEndpoint endpoint, CancellationToken cancellationToken)
    {
        endpoint.ChainId ??= await endpoint.AskChainIdAsync(cancellationToken).ConfigureAwait(false);
        if (endpoint.ChainId != _settings.ChainId)
        {
            throw new ChainUnavailableException(
                $"The node {endpoint.Name} serves chain {endpoint.ChainId}, and Ncn:Chain:ChainId says {_settings.ChainId}: correct one of them.");
        }
    }

    private async Task<IEnumerable<RpcEndpoint>> OrderAsync(CancellationToken cancellationToken)
    {
        if (_endpoints.Length == 1)
        {
            return _endpoints;
        }

        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        var (now, best) = (_time.GetUtcNow(), _endpoints.Max(endpoint => endpoint.Head));
        var right = _endpoints.Where(endpoint => endpoint.ChainId is null || endpoint.ChainId == _settings.ChainId).ToArray();
        var well = right.Where(endpoint => endpoint.AvoidUntil <= now && endpoint.Head + _settings.Limits.MaxLagBlocks >= best).ToArray();
        return well.Length > 0 ? well : right.Length > 0 ? right : _endpoints;
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await _probing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_time.GetUtcNow() - _probedAt < ProbeEvery)
            {
                return;
            }

            await Task.WhenAll(_endpoints.Select(endpoint => ProbeAsync(endpoint, cancellationToken))).ConfigureAwait(false);
            _probedAt = _time.GetUtcNow();
        }
        finally
        {
            _probing.Release();
        }
    }

    private async Task ProbeAsync(RpcEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await CheckChainAsync(endpoint, cancellationToken).ConfigureAwait(false);
            await endpoint.AskHeadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failed) when (ChainFailures.Translate("A probe", endpoint.Url, failed) is not null)
        {
            endpoint.AvoidUntil = _time.GetUtcNow() + AvoidFor;
            // Its blocks must not make the others look late.
            endpoint.Head = 0;
        }
    }

    private static TokenBucketRateLimiterOptions Bucket(int perSecond) => new()
    {
        TokenLimit = perSecond,
        TokensPerPeriod = Math.Max(1, perSecond / 10),
        ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(0.1, 1.0 / perSecond)),
        QueueLimit = 10_000,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };
}
