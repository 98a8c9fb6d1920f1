using Ncn.Serving.Execution;

namespace Ncn.Serving.Answers;

/// <summary>Looks on while a log is filled.</summary>
internal interface IRunWatch
{
    /// <summary>A part came.</summary>
    void Saw(RunPart part);

    /// <summary>The run ended by this.</summary>
    void Failed(Exception failure);
}
