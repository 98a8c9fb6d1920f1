using System.Text;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification;

namespace Ncn.Validator.Duty.Probes;

/// <summary>A serving node of the same operator, which answers falsely what it is told to (its <c>Ncn:Worker:Plants</c>).</summary>
/// <param name="budget">What an epoch's plants may cost when they are opened, atomic units.</param>
/// <param name="http">Its base address is the node; it carries the operator's token. Owned by this object.</param>
internal sealed class PlantNode(Address address, TokenAmount budget, HttpClient http) : IDisposable
{
    internal Address Address => address;

    internal TokenAmount Budget => budget;

    /// <summary>
    /// The most that opening a plant of this price can cost, at the floor of the rates; null when this validator's account has not paid so much in: a plant that
    /// cannot be opened would be the node's fault.
    /// </summary>
    internal static TokenAmount? CostOf(VerificationState state, Address validator, TokenAmount price)
    {
        var cost = Probe.CostOf(state.Rules, price, state.Rules.FloorPpm);
        var account = state.Members.FirstOrDefault(member => member.Key == validator).Account;
        return state.Credits.GetValueOrDefault(account).Amount >= cost ? cost : null;
    }

    /// <summary>Orders that the request's last message is answered as another one of its length would be.</summary>
    /// <exception cref="HttpRequestException">It is not taken: then the answer is true.</exception>
    internal async Task OrderAsync(ChatRequest request, Hash32 salt, CancellationToken cancellationToken)
    {
        var order = new { Question = QuestionOf(request), Instead = ProbeText.Write(Keccak256.Of(salt.ToArray()), (byte)request.Messages.Count, request.Messages[^1].Content.Length) };
        using var answer = await http.PostAsJsonAsync(new Uri("ncn/v1/node/plants", UriKind.Relative), order, ProtocolJson.Options, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Takes an order back that may not have been carried out: otherwise who was asked in the node's place could ask the same, and have the false answer for an audit.</summary>
    /// <exception cref="HttpRequestException">It is not taken back, and ends by itself.</exception>
    internal async Task WithdrawAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        using var answer = await http.DeleteAsync(new Uri($"ncn/v1/node/plants/{QuestionOf(request)}", UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static Hash32 QuestionOf(ChatRequest request) => Keccak256.Of(Encoding.UTF8.GetBytes(request.Messages[^1].Content));

    public void Dispose() => http.Dispose();
}
