using Ncn.Protocol;

namespace Ncn.Simulation.Roles;

/// <summary>A request as its client made it.</summary>
/// <param name="Key">Of its reservation.</param>
/// <param name="IsKeyed">It may be repeated under its key.</param>
/// <param name="Content">What it asks for; another one under the same key is a lie.</param>
/// <param name="Ceiling">The most that it may cost its client.</param>
/// <param name="Patience">Milliseconds that it may take.</param>
internal sealed record Order(
    ulong Number, RequestId Id, string Key, int Client, bool IsKeyed, bool IsQueued, Hash32 Content, uint Prompt, uint Completion,
    TokenAmount Ceiling, ulong Patience)
{
    internal static Order Make(ulong number, int client, bool isKeyed, bool isQueued, uint completion, ulong patience)
    {
        var id = Names.Request(number);
        return new(number, id, $"request {number}", client, isKeyed, isQueued, Names.Content(number), 8, completion, Tariff.Ceiling(8, completion), patience);
    }

    /// <summary>The client's own waiting request whose place it takes; null for none.</summary>
    internal RequestId? Replaces { get; init; }

    public override string ToString() => $"{Key} of client {Client}";
}

/// <summary>What things cost.</summary>
internal static class Tariff
{
    internal const uint MarginPercent = 10;

    /// <summary>Nodes ask one of two prices.</summary>
    internal static ModelPrice Of(int node) => new(new TokenAmount(10), new TokenAmount(1), new TokenAmount((UInt128)(1 + (node % 2))), default);

    internal static ModelOffer Offer(int node) => new(
        new ModelDigest(Names.Content(77)), Names.Model, "1", ModelOffer.Decoder, Of(node), 4096, 1, 65536, "CPU", [], []);

    internal static TokenAmount Ceiling(uint prompt, uint completion) => WithMargin(Of(1).Of(prompt, completion, 0));

    internal static TokenAmount WithMargin(TokenAmount price) => new(price.Units * (100 + MarginPercent) / 100);
}

/// <summary>What a node signs when it has run a job.</summary>
/// <param name="Tokens">Delivered.</param>
/// <param name="Cumulative">Charged on its channel in all, this job included.</param>
internal sealed record JobReceipt(ulong Order, int Node, uint Attempt, uint Tokens, TokenAmount Price, TokenAmount Cumulative)
{
    public override string ToString() => $"receipt over {Price}";
}

/// <summary>An answer as it is kept and given.</summary>
/// <param name="IsSuccess">False for an error that ends the request.</param>
internal sealed record Answer(bool IsSuccess, ulong Order, uint Tokens, TokenAmount Cost, int Node, ulong Attempt = 0);
