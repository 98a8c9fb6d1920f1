namespace Ncn.Inference.Repository;

/// <summary>A model that could not be loaded.</summary>
/// <param name="Model">Its folder, as name/version.</param>
/// <param name="Problem">What is wrong, for the operator.</param>
public sealed record ModelFailure(string Model, string Problem);

/// <summary>Where a version of a model stands, as the model repository extension of the Open Inference Protocol names it.</summary>
public enum ModelState
{
    /// <summary>It answers requests.</summary>
    Ready,

    /// <summary>It is verified, tried out or read into memory.</summary>
    Loading,

    /// <summary>Its running requests go to their end; new ones are refused.</summary>
    Unloading,

    /// <summary>It is not in memory; the reason says why.</summary>
    Unavailable,
}

/// <summary>One line of the repository's index.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is unavailable, or why the last reload failed; empty otherwise.</param>
public sealed record ModelStatus(string Name, string Version, ModelState State, string Reason)
{
    /// <summary>The protocol's word: READY, LOADING, UNLOADING or UNAVAILABLE.</summary>
    public string StateName => State.ToString().ToUpperInvariant();
}
