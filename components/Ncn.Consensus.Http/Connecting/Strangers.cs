using System.Net;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>Connections that have not proved yet whose they are: a bounded number, of all and of one address.</summary>
internal sealed class Strangers(LinkLimits limits)
{
    private readonly Lock _turn = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _all;

    /// <summary>One more; null when there is no room. What is returned takes it out again, once.</summary>
    internal Action? Enter(IPAddress? address)
    {
        var source = address ?? IPAddress.None;
        lock (_turn)
        {
            var ofThis = _byAddress.GetValueOrDefault(source);
            if (_all >= limits.Strangers || ofThis >= limits.StrangersOfOneAddress)
            {
                return null;
            }

            (_all, _byAddress[source]) = (_all + 1, ofThis + 1);
        }

        var isIn = 1;
        return () =>
        {
            if (Interlocked.Exchange(ref isIn, 0) == 1)
            {
                Leave(source);
            }
        };
    }

    private void Leave(IPAddress source)
    {
        lock (_turn)
        {
            _all--;
            if (--_byAddress[source] == 0)
            {
                _byAddress.Remove(source);
            }
        }
    }
}
