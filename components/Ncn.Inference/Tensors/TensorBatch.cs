using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Tensors;

/// <summary>Requests that share a run on a lane. One that fails does not fail its neighbours: they run again alone.</summary>
internal sealed class TensorBatch(TensorLane lane, TensorRequest[] members, TensorForms forms)
{
    public TensorLane Lane { get; } = lane;

    public TensorRequest[] Members { get; } = members;

    /// <summary>Members whose callers gave up; when it is all of them, the run is broken off.</summary>
    public int Cancelled { get; set; }

    /// <summary>True when the run was broken off because it took too long.</summary>
    public bool IsOverdue { get; set; }

    /// <summary>When it began, of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long StartedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Gives each member an answer or an error. Never throws.</summary>
    public void Run()
    {
        if (Members.Length == 1)
        {
            RunAlone(Members[0]);
        }
        else if (!forms.Merges || !TryMerged())
        {
            RunEachAlone();
        }
        else if (Members[0].Form.NextMergeNeedsProof())
        {
            Prove();
        }
    }

    private bool TryMerged()
    {
        try
        {
            Lane.Run(Members);
            return true;
        }
        catch (RowsLostException)
        {
            forms.StopMerging();
            return false;
        }
        catch (Exception)
        {
            return false; // whose fault it is shows when they run alone
        }
    }

    /// <summary>The callers get what they would have got alone, and the model runs merged no more if that differs.</summary>
    private void Prove()
    {
        TensorAnswer?[] merged = [.. Members.Select(member => member.Answer)];
        RunEachAlone();
        for (int i = 0; i < merged.Length; i++)
        {
            if (Members[i].Answer is { } alone && !RowProof.Agree(merged[i]!, alone))
            {
                forms.StopMerging();
            }

            merged[i]!.Dispose();
        }
    }

    private void RunEachAlone()
    {
        foreach (TensorRequest member in Members)
        {
            member.Answer = null;
            RunAlone(member);
        }
    }

    private void RunAlone(TensorRequest member)
    {
        if (member.IsCancelled)
        {
            return;
        }

        try
        {
            long start = Stopwatch.GetTimestamp();
            Lane.Run([member]);
            member.Form.Took(Stopwatch.GetElapsedTime(start).TotalMicroseconds, member.Rows);
        }
        catch (InferenceException exception)
        {
            member.Error = exception;
        }
        catch (Exception exception)
        {
            member.Error = Explained(exception); // whatever it is, it is the caller's to know, and must not end the thread that runs others
        }
    }

    /// <summary>ONNX Runtime finds sizes that do not go together (two inputs of different batch) only when it runs.</summary>
    private InferenceException Explained(Exception exception) => exception switch
    {
        _ when IsOverdue => new(InferenceFault.ModelFailed, "The model ran longer than its limit allows and was stopped. Send fewer or smaller rows.", exception),
        OnnxRuntimeException when exception.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal) =>
            new(InferenceFault.InvalidRequest, "The inputs do not go together: the model refused their sizes or values.", exception),
        _ => new(InferenceFault.ModelFailed, "The model failed on this input.", exception),
    };
}
