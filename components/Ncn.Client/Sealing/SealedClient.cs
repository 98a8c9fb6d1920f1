using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using ModelInferRequest = Inference.ModelInferRequest;
using ModelInferResponse = Inference.ModelInferResponse;

namespace Ncn.Client.Sealing;

/// <summary>
/// Calls models through a gateway that can read neither question nor answer: each request is sealed for one node, whose operator signed
/// the key. A node that is lost in the middle is replaced: the rest is sealed for another, with the tokens that are here and the same seed.
/// </summary>
/// <param name="http">Its base address is the gateway; payment is the affair of its handler, as for <see cref="NcnClient"/>.</param>
public sealed class SealedClient(HttpClient http, SealedClientOptions options)
{
    /// <summary>Asks a chat model and waits for the whole answer.</summary>
    /// <exception cref="NcnException">The gateway refused, was caught at cheating, or no trusted node could finish.</exception>
    public async Task<ChatAnswer> ChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        ChatPiece? last = null;
        await foreach (var piece in StreamChatAsync(request, cancellationToken))
        {
            text.Append(piece.Text);
            last = piece;
        }

        return new ChatAnswer(text.ToString(), last!.FinishReason, last.Usage, last.Network);
    }

    /// <summary>Asks a chat model and yields the answer as it is made; the last piece carries the receipt.</summary>
    public async IAsyncEnumerable<ChatPiece> StreamChatAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var chat = new SealedChat(request, (uint?)request.MaxTokens ?? options.DefaultMaxTokens);
        var seed = unchecked((ulong?)request.Seed) ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var lost = new Losses(options.MaxNodes);
        while (true)
        {
            var node = await ChooseAsync(request.Model, lost, cancellationToken);
            using var call = new SealedCall(http, node, options.Network, chat.Next(), chat.Remaining, seed, options.Time);
            await using var chunks = call.RunAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            while (await NextAsync(chunks, node, lost))
            {
                yield return new ChatPiece(chat.Take(chunks.Current), FinishReason: null, Usage: null, Network: null);
            }

            if (call.Network is { } network && !lost.Has(node))
            {
                yield return new ChatPiece(string.Empty, call.End!.FinishReason, call.Usage, network);
                yield break;
            }
        }
    }

    /// <summary>Runs a tensor model.</summary>
    /// <param name="rows">Rows of the request's first dimension: what the price ceiling is computed from.</param>
    public async Task<(ModelInferResponse Response, NcnMember Network)> InferAsync(
        string model, ModelInferRequest request, uint rows, CancellationToken cancellationToken = default)
    {
        var input = new Input { Tensors = Google.Protobuf.MessageExtensions.ToByteString(request) };
        var lost = new Losses(options.MaxNodes);
        while (true)
        {
            var node = await ChooseAsync(model, lost, cancellationToken);
            using var call = new SealedCall(http, node, options.Network, input, rows, seed: 0, options.Time);
            await using var chunks = call.RunAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            ModelInferResponse? response = null;
            while (await NextAsync(chunks, node, lost))
            {
                response = ModelInferResponse.Parser.ParseFrom(chunks.Current.Tensors);
            }

            if (!lost.Has(node))
            {
                return (response ?? throw new NcnException($"Node {node.Operator} gave no tensors."), call.Network!);
            }
        }
    }

    /// <summary>The trusted node with the most room that was not lost yet.</summary>
    private async Task<SealedNode> ChooseAsync(string model, Losses lost, CancellationToken cancellation)
    {
        lost.ThrowIfTooMany(model);
        using var response = await http.GetAsync(new Uri($"v1/models/{Uri.EscapeDataString(model)}/sealed-keys", UriKind.Relative), cancellation);
        var answer = GatewayErrors.ParseOrNothing(await response.Content.ReadAsByteArrayAsync(cancellation));
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw GatewayErrors.From(response.StatusCode, answer);
        }

        var listed = SealedNodes.Read(answer, model, options.Network, (ulong)options.Time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var (node, record) in listed.Where(each => !lost.Has(each.Node)).OrderByDescending(static each => each.Node.FreeSlots).ThenBy(static _ => RandomNumberGenerator.GetInt32(int.MaxValue)))
        {
            if (await options.Trusts(record, cancellation))
            {
                return node;
            }
        }

        throw lost.NoneLeft(model, listed.Count);
    }

    /// <summary>False at the end, and when the node was lost, which is then noted.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<Chunk> chunks, SealedNode node, Losses lost)
    {
        try
        {
            return await chunks.MoveNextAsync();
        }
        catch (Exception loss) when (loss is SealedLossException or IOException or HttpRequestException)
        {
            lost.Add(node, loss);
            return false;
        }
    }

    private sealed class Losses(int most)
    {
        private readonly Dictionary<Address, Exception> nodes = [];

        public bool Has(SealedNode node) => nodes.ContainsKey(node.Operator);

        public void Add(SealedNode node, Exception loss) => nodes[node.Operator] = loss;

        public void ThrowIfTooMany(string model)
        {
            if (nodes.Count >= most)
            {
                throw NoneLeft(model, nodes.Count);
            }
        }

        public NcnException NoneLeft(string model, int listed) => nodes.Count == 0
            ? new NcnException(listed == 0 ? $"No node that serves {model} takes sealed requests now." : $"None of the {listed} nodes that serve {model} is trusted to read the request.")
            : new NcnException($"No trusted node is left for {model}; the last one failed: {nodes.Values.Last().Message}", nodes.Values.Last());
    }
}
