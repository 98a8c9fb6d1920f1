using System.Collections.Concurrent;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification;

namespace Ncn.Validator.Duty.Probes;

/// <summary>Says something to the ledger once in a period: what it does not take is not said at each look. Safe for concurrent use.</summary>
/// <param name="submit">True when it was taken, or is known.</param>
internal sealed class SubmitOnce(Address author, Func<Operation, bool> submit)
{
    private readonly ConcurrentDictionary<Hash32, ulong> _said = [];

    /// <param name="period">Of the ledger.</param>
    internal void Submit(Testimony testimony, ulong period)
    {
        foreach (var old in _said.Where(entry => entry.Value != period))
        {
            _said.TryRemove(old);
        }

        var name = Keccak256.Of(new CanonicalWriter().Byte(testimony.Topic).Bytes(testimony.Content.Span).Written);
        if (_said.TryAdd(name, period) && !submit(new Operation.Testify(author, testimony.Topic, testimony.Content)))
        {
            _said.TryRemove(name, out _);
        }
    }
}
