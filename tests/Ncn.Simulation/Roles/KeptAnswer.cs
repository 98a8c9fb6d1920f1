using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>Keeps an answer before it is charged, and asks until it is known which answer the request has.</summary>
internal static class KeptAnswer
{
    private const ulong Patience = 1_500;
    private const int MostTries = 60;

    /// <summary>The request's answer from now on; null when nobody could tell, and nothing may be charged or released.</summary>
    internal static async Flow<Answer?> KeepAsync(GatewayProcess gateway, RequestCall keep)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await gateway.Ask(gateway.Registry, keep, Patience) is RequestReply reply)
            {
                return reply.Entry.Answer;
            }

            await gateway.Sleep(Math.Min(2_000, 100UL << Math.Min(tries, 5)));
        }

        return null;
    }
}
