using Dapr.Actors.Runtime;
using Ncn.Protocol;

namespace Ncn.Registry.Subnets;

/// <summary>The channels of a subnet, in sixteen state entries by their first hex digit, so that a new one rewrites few others.</summary>
internal static class ChannelIndex
{
    private const string HexDigits = "0123456789abcdef";

    internal static async Task AddAsync(IActorStateManager state, ChannelId channel)
    {
        var key = KeyOf(channel.ToString()[2]);
        var known = await ReadAsync(state, key);
        if (!known.Contains(channel))
        {
            await state.SetStateAsync(key, known.Append(channel).ToArray());
        }
    }

    internal static async Task<ChannelId[]> ListAsync(IActorStateManager state)
    {
        var all = new List<ChannelId>();
        foreach (var digit in HexDigits)
        {
            all.AddRange(await ReadAsync(state, KeyOf(digit)));
        }

        return [.. all];
    }

    private static string KeyOf(char digit) => $"channels-{digit}";

    private static async Task<ChannelId[]> ReadAsync(IActorStateManager state, string key)
    {
        var found = await state.TryGetStateAsync<ChannelId[]>(key);
        return found.HasValue ? found.Value : [];
    }
}
