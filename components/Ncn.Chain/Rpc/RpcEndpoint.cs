using System.Threading.RateLimiting;
using Nethereum.Hex.HexTypes;
using Nethereum.Web3;

namespace Ncn.Chain.Rpc;

/// <summary>One node: each request waits for its turn and has its time limit.</summary>
internal sealed class RpcEndpoint(Uri url, Web3 web3, ChainLimits limits, RateLimiter? turns, TimeProvider time)
{
    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(limits.RequestTimeoutSeconds);

    internal Uri Url => url;

    /// <summary>The node for messages: the rest of an address may hold the key of an account with whoever runs it.</summary>
    internal string Name => url.GetLeftPart(UriPartial.Authority);

    /// <summary>The chain that the node says it serves; null until it was asked.</summary>
    internal ulong? ChainId { get; set; }

    /// <summary>The newest block that was seen of it.</summary>
    internal ulong Head { get; set; }

    /// <summary>Until when it is passed over, because it failed.</summary>
    internal DateTimeOffset AvoidUntil { get; set; }

    internal async Task<T> AskAsync<T>(Func<Web3, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (turns is not null)
        {
            using var turn = await turns.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
            if (!turn.IsAcquired)
            {
                throw new TimeoutException("Too many requests wait for their turn.");
            }
        }

        return await ask(web3).WaitAsync(_timeout, time, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<ulong> AskChainIdAsync(CancellationToken cancellationToken) =>
        (ulong)(await AskAsync(node => node.Client.SendRequestAsync<HexBigInteger>("eth_chainId"), cancellationToken).ConfigureAwait(false)).Value;

    internal async Task<ulong> AskHeadAsync(CancellationToken cancellationToken) =>
        Head = (ulong)(await AskAsync(node => node.Client.SendRequestAsync<HexBigInteger>("eth_blockNumber"), cancellationToken).ConfigureAwait(false)).Value;
}
