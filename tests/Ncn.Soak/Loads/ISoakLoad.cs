namespace Ncn.Soak.Loads;

/// <summary>One kind of client.</summary>
internal interface ISoakLoad
{
    string Name { get; }

    /// <summary>How many of it there are at once.</summary>
    int Clients { get; }

    /// <summary>What a client waits between two requests.</summary>
    TimeSpan Pause { get; }

    /// <summary>One request from its beginning to its end. Any exception is a failed request.</summary>
    Task StepAsync(Random random);
}
