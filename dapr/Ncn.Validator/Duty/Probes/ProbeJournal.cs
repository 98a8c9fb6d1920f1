using Ncn.Validator.Durable;

namespace Ncn.Validator.Duty.Probes;

/// <summary>Keeps the books of probes on the disk: a probe is in them before it is sent, and a purse is spent before the ledger shows it. Safe for concurrent use.</summary>
internal sealed class ProbeJournal(IDisk disk, string path)
{
    private readonly KeptRecord<ProbeBooks> _kept = new(disk, path, ProbeBooks.Empty);

    internal ProbeBooks Books => _kept.Value;

    /// <summary>False, and nothing is written, for null.</summary>
    internal bool Change(Func<ProbeBooks, ProbeBooks?> change) => _kept.Change(change);
}
