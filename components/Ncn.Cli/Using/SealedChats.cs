using Ncn.Chain;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.Client.Sealing;
using Ncn.Protocol;

namespace Ncn.Cli.Using;

/// <summary><c>chat --sealed</c>: the same question, and only the node reads it.</summary>
internal static class SealedChats
{
    /// <summary>The answer, written as it comes.</summary>
    /// <param name="node">The one node that is trusted; null for any whose operator has the subnet's stake bonded on the chain.</param>
    public static async Task<NcnMember?> StreamAsync(ClientWallet wallet, Uri gateway, ChatRequest request, Address? node, CancellationToken cancellation)
    {
        using var chain = new ChainConnection(wallet.Settings.ToChain());
        var staked = new StakedOperators(chain);
        var options = new SealedClientOptions(
            wallet.NetworkDomain,
            (record, token) => node is { } only ? ValueTask.FromResult(record.Operator == only) : staked.TrustsAsync(record, token));
        using var http = wallet.HttpFor(gateway);
        NcnMember? network = null;
        await foreach (var piece in new SealedClient(http, options).StreamChatAsync(request, cancellation))
        {
            Console.Write(piece.Text);
            network = piece.Network ?? network;
        }

        Console.WriteLine();
        return network;
    }
}
