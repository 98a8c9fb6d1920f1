using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Validator.Duty;

/// <summary>Asks a node for what it keeps of its own receipt, at the endpoint of its signed record. Safe for concurrent use.</summary>
/// <param name="find">The node's record; null for none.</param>
/// <param name="sign">Signs under the network's domain.</param>
/// <param name="guard">Where connections may go: an endpoint is a stranger's word.</param>
internal sealed class NodeReader(
    Func<Address, NodeRecord?> find, Address validator, Func<EvidenceCall, Signed<EvidenceCall>> sign, AddressGuard guard, Eip712Domain network, TimeProvider time)
{
    private const int MostBytes = 64 << 20; // as the node sends
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The evidence of the receipt; null, without a silence, when the node was reached and does not show it.</summary>
    /// <remarks>A node that does not take this validator for one, or promises to keep nothing, has not been asked: nothing follows from that.</remarks>
    internal async Task<Showing<ReceiptEvidence>> EvidenceAsync(ReceiptLeaf leaf, CancellationToken cancellationToken)
    {
        if (find(leaf.Node) is not { } record)
        {
            return new Showing<ReceiptEvidence>(null, "The node's record is not known.");
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var reply = await AskAsync(record, leaf, limit.Token);
            return new Showing<ReceiptEvidence>(Read(reply, leaf), null);
        }
        catch (RpcException absent) when (absent.StatusCode == StatusCode.NotFound)
        {
            return new Showing<ReceiptEvidence>(null, record.Models.Any(static offer => offer.Retention == ModelOffer.RetainsNothing) ? "The node promises to keep nothing." : null);
        }
        catch (Exception silent) when (!cancellationToken.IsCancellationRequested && silent is RpcException or OperationCanceledException or HttpRequestException or UriFormatException)
        {
            return new Showing<ReceiptEvidence>(null, silent.Message);
        }
    }

    private async Task<EvidenceReply> AskAsync(NodeRecord record, ReceiptLeaf leaf, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(NodeTransport.UrlOf(record.GrpcEndpoint), new GrpcChannelOptions
        {
            MaxReceiveMessageSize = MostBytes,
            HttpHandler = NodeTransport.Handler(guard, leaf.Node, network, time),
            DisposeHttpClient = true,
        });
        var node = new Compute.ComputeClient(channel);
        while (true)
        {
            try
            {
                var call = sign(new EvidenceCall(leaf.Node, validator, leaf.Digest, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));
                return await node.EvidenceAsync(new EvidenceRequest { CallerJson = JsonSerializer.Serialize(call, ProtocolJson.Options) }, cancellationToken: cancellationToken);
            }
            catch (RpcException busy) when (busy.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Something else than what was asked for is not shown.
    private static ReceiptEvidence? Read(EvidenceReply reply, ReceiptLeaf leaf)
    {
        try
        {
            return JsonSerializer.Deserialize<ReceiptEvidence>(reply.EvidenceJson.Span, ProtocolJson.Strict) is { } evidence
                && GatewayReader.IsWhole(evidence) && ReceiptLeaf.Of(evidence.Receipt.Message) == leaf ? evidence : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
