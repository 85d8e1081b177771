//! Goal: whoever asks later can tell which calls of the Route 53 API were made, when, and whether they
//! got past the door. Method: calls through the door, with a clock that is set by hand.

import type { CallContext } from "../../lab/aws/endpoint.ts";
import { createEntrance } from "../../lab/route53/entrance.ts";

const context: CallContext = { region: "a", requestId: "r", accessKeyId: "k" };

test("every call is noted with its time, also one that is refused or not modelled", () => {
  let nowMs = 10;
  let mayAsk = true;
  const entrance = createEntrance({ admit: () => mayAsk, nowMs: () => nowMs++ });
  const { handlers } = entrance.guard({ GetChange: () => ({}) });
  const call = (action: string): string => {
    try {
      void handlers[action]?.({} as never, context);
      return "done";
    } catch (error) {
      return (error as Error).name;
    }
  };

  expect(call("GetChange")).toBe("done");
  expect(call("ListGeoLocations")).toBe("NotImplemented");
  mayAsk = false;
  expect(call("GetChange")).toBe("ThrottlingException");
  entrance.setOpen(false);
  expect(call("ChangeResourceRecordSets")).toBe("ServiceUnavailable");

  expect(entrance.recentCalls()).toEqual([
    { atMs: 10, action: "GetChange", answered: true },
    { atMs: 11, action: "ListGeoLocations", answered: true },
    { atMs: 12, action: "GetChange", answered: false },
    { atMs: 13, action: "ChangeResourceRecordSets", answered: false },
  ]);
});

test("only the newest 10,000 are kept, and all are counted", () => {
  const entrance = createEntrance({ admit: () => true, nowMs: () => 0 });
  const { handlers } = entrance.guard({ GetChange: () => ({}) });
  for (let i = 0; i < 10_050; i += 1) void handlers["GetChange"]?.({} as never, context);
  expect(entrance.recentCalls()).toHaveLength(10_000);
  expect(entrance.calls()).toEqual({ GetChange: 10_050 });
});
