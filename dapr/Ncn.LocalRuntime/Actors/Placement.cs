using System.Text;

namespace Ncn.LocalRuntime.Actors;

/// <summary>
/// Consistent hashing by highest random weight (Thaler and Ravishankar, 1998): each actor goes to the host with which its
/// hash is the highest, so that a host that comes or goes moves only the actors that it gains or loses.
/// </summary>
internal static class Placement
{
    /// <summary>Index of the host for an actor; hosts are named by what stays the same over restarts. Hosts must not be empty.</summary>
    public static int Choose(IReadOnlyList<string> hosts, string actorType, string actorId)
    {
        var best = 0;
        var bestWeight = 0UL;
        for (var i = 0; i < hosts.Count; i++)
        {
            var weight = Weigh($"{hosts[i]}\0{actorType}\0{actorId}");
            if (i == 0 || weight > bestWeight)
            {
                (best, bestWeight) = (i, weight);
            }
        }

        return best;
    }

    private static ulong Weigh(string text)
    {
        // FNV-1a, then the finaliser of MurmurHash3, because FNV alone mixes the last bytes badly.
        unchecked
        {
            var hash = 14695981039346656037UL;
            foreach (var value in Encoding.UTF8.GetBytes(text))
            {
                hash = (hash ^ value) * 1099511628211UL;
            }

            hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
            hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
            return hash ^ (hash >> 33);
        }
    }
}
