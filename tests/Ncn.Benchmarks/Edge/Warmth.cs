namespace Ncn.Benchmarks.Edge;

/// <summary>Load until a contender's compiler has done its work: a program that has just been started runs unoptimised code.</summary>
internal static class Warmth
{
    private const int MostRuns = 12;
    private const int Seconds = 3;

    /// <summary>Ends when an answer has cost as much CPU time as in the run before, to a twentieth, twice; after 36 s in any case.</summary>
    public static async Task BringAsync(Wrk wrk, Contender contender, int connections, bool isQuick)
    {
        double before = double.MaxValue;
        int steady = 0;
        for (int run = 0; run < (isQuick ? 1 : MostRuns) && steady < 2; run++)
        {
            double cpu = (await wrk.RunAsync(contender, connections, Seconds)).Cpu;
            steady = cpu >= before * 0.95 ? steady + 1 : 0;
            before = cpu;
        }
    }
}
