using Microsoft.Net.Http.Headers;
using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Validator.Api;

/// <summary>How all stand after a block, with a mark that stays as long as nothing but the height changes: a reader asks for what is new alone.</summary>
internal sealed class CurrentStanding
{
    private readonly LedgerStanding _unsigned;
    private readonly Lazy<LedgerStanding> _signed;
    private readonly VerificationState _state;

    private CurrentStanding(VerificationState state, LedgerStanding standing, Func<LedgerStanding, Signed<LedgerStanding>> sign)
    {
        (_state, _unsigned) = (state, standing);
        _signed = new Lazy<LedgerStanding>(() => standing with { Signature = sign(standing).Signature });
        Mark = new EntityTagHeaderValue($"\"{(standing with { Height = 0, StateRoot = default }).StructHash()}\"");
    }

    /// <summary>For If-None-Match.</summary>
    internal EntityTagHeaderValue Mark { get; }

    /// <summary>Signed when it is asked for first.</summary>
    internal LedgerStanding Signed => _signed.Value;

    internal static CurrentStanding Of(VerificationState state, Hash32 stateRoot, Address key, Func<LedgerStanding, Signed<LedgerStanding>> sign) => new(
        state, new LedgerStanding(state.Epoch, state.Height, stateRoot, Standings.OfNodes(state), Standings.OfGateways(state), Standings.OfAudits(state), key), sign);

    /// <summary>Whether it is still the one.</summary>
    internal bool IsOf(VerificationState state, Hash32 stateRoot) => ReferenceEquals(state, _state) && _unsigned.StateRoot == stateRoot;

    /// <summary>The answer to a reader: 304 for one that has it.</summary>
    internal IResult Answer(HttpContext http)
    {
        http.Response.Headers.ETag = Mark.ToString();
        http.Response.Headers.CacheControl = "no-cache";
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(Mark, useStrongComparison: false))
            ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Json(Signed, ProtocolJson.Options);
    }
}
