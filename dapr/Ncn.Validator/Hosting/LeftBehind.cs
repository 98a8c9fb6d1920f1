namespace Ncn.Validator.Hosting;

/// <summary>Whether a running validator gets nowhere: the chain has left its epoch behind by more than one, and for a while none of the others has brought it on.</summary>
internal sealed class LeftBehind(TimeProvider time)
{
    /// <summary>Nothing must have come for so long.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private (ulong Epoch, ulong Height) _at;
    private long _since = time.GetTimestamp();

    /// <summary>One look.</summary>
    /// <param name="chainEpoch">The epoch that is open on the chain.</param>
    /// <param name="epoch">The own one.</param>
    /// <param name="height">Of the last block that was delivered.</param>
    internal bool Look(ulong chainEpoch, ulong epoch, ulong height)
    {
        if (chainEpoch <= epoch + 1 || _at != (epoch, height))
        {
            (_at, _since) = ((epoch, height), time.GetTimestamp());
        }

        return time.GetElapsedTime(_since) > Patience;
    }
}
