namespace Ncn.Inference.Scheduling;

/// <summary>Callers that will probably be back soon, and how often that was wrong: rules 3 and 4 of <see cref="DynamicBatching"/>.</summary>
/// <param name="Away">Callers that were answered up to the longest delay ago, and are not back yet; forgotten when a run starts while nothing runs.</param>
/// <param name="Until">When those are given up.</param>
/// <param name="Requests">How many have to wait before the next run; 0 while nobody is held.</param>
/// <param name="Passes">Ends of runs after which no more than <paramref name="Most"/> are waited for, from here on.</param>
/// <param name="LastPasses">How many of them the last disappointment cost; 0 after an expectation came true that was not so bounded.</param>
/// <param name="Most">How many came in spite of the last disappointment.</param>
internal readonly record struct Expectation(int Away, long Until, int Requests, int Passes, int LastPasses, int Most)
{
    private const int FirstPasses = 16;
    private const int MostPasses = 256;

    /// <summary>Whether requests are held although nothing runs.</summary>
    public bool Holds => Requests > 0;

    /// <summary>A run ended that answered so many callers of requests that can be merged.</summary>
    public Expectation AfterRun(int answered, long now, BatchRules rules) =>
        this with { Away = answered + (now < Until ? Away : 0), Until = now + rules.MaxDelay };

    /// <summary>Nothing runs any more, and so many wait.</summary>
    public Expectation Open(int waiting, BatchRules rules)
    {
        if (Away == 0 || waiting + Away == 1 || rules.MaxDelay == 0)
        {
            return this;
        }

        int requests = Math.Min(waiting + Away, rules.MaxRows);
        return Passes == 0 ? this with { Requests = requests }
            : Most <= 1 ? this with { Passes = Passes - 1 }
            : this with { Passes = Passes - 1, Requests = Math.Min(requests, Most) };
    }

    /// <summary>A request came.</summary>
    public Expectation AfterArrival() => this with { Away = Math.Max(0, Away - 1) };

    /// <summary>What is left of it, with so many that wait. A hold in vain that held nobody teaches nothing.</summary>
    public Expectation At(long now, int waiting)
    {
        if (!Holds || (waiting < Requests && now < Until))
        {
            return this;
        }

        return waiting >= Requests ? this with { Requests = 0, LastPasses = Passes > 0 ? LastPasses : 0 }
            : waiting == 0 ? Dropped()
            : Disappointed(waiting);
    }

    /// <summary>A run starts while nothing runs.</summary>
    public Expectation Dropped() => this with { Away = 0, Requests = 0 };

    /// <summary>When even fewer came than came before, half of that is expected at most, so that callers who drop off one by one are soon not waited for.</summary>
    private Expectation Disappointed(int waiting)
    {
        int passes = Math.Clamp(2 * LastPasses, FirstPasses, MostPasses);
        return new Expectation(0, 0, 0, passes, passes, Passes > 0 ? Math.Min(waiting, Most / 2) : waiting);
    }
}
