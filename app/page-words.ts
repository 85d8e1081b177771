//! The words of the page, in English and Korean.

import type { Role } from "./ports.ts";

export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

export interface Words {
  readonly thisRegion: string;
  readonly otherRegion: string;
  readonly role: Readonly<Record<Role, string>>;
  readonly meaning: Readonly<Record<Role, string>>;
  readonly epoch: string;
  readonly epochHint: string;
  readonly inEpoch: string;
  readonly lag: string;
  readonly lagHint: string;
  readonly orders: string;
  readonly ordersHint: string;
  readonly build: string;
  readonly unknown: string;
  readonly noReplica: string;
  readonly noPeer: string;
  readonly peerSilent: string;
  readonly newest: string;
  readonly noOrders: string;
  readonly columns: {
    readonly id: string;
    readonly item: string;
    readonly quantity: string;
    readonly acceptedBy: string;
    readonly at: string;
  };
  readonly refreshes: string;
  readonly noAnswer: string;
}

/** An explicit `?lang=` wins over what the browser prefers. */
export function languageOf(asked: unknown, preferred: string | false): Language {
  return languages.find((language) => language === asked) ?? (preferred === "ko" ? "ko" : "en");
}

export const words: Readonly<Record<Language, Words>> = {
  en: {
    thisRegion: "This region",
    otherRegion: "The other region",
    role: { serving: "Serving", standby: "Standby", fenced: "Fenced", unknown: "Unknown" },
    meaning: {
      serving: "Takes orders: its database holds the live lease.",
      standby: "Follows as a replica. Requests go to the serving region.",
      fenced: "Refuses writes: its database holds no live lease of this region.",
      unknown: "Cannot tell: its database does not say.",
    },
    epoch: "Epoch",
    epochHint: "of the lease",
    inEpoch: "epoch",
    lag: "Replication lag",
    lagHint: "of the replica",
    orders: "Orders",
    ordersHint: "in this region’s copy",
    build: "Build",
    unknown: "unknown",
    noReplica: "no replica",
    noPeer: "No other region is configured.",
    peerSilent: "No answer from here.",
    newest: "Latest orders",
    noOrders: "No orders to show.",
    columns: {
      id: "No.",
      item: "Item",
      quantity: "Qty",
      acceptedBy: "Accepted by",
      at: "At (UTC)",
    },
    refreshes: "Refreshes every 2 seconds",
    noAnswer: "No answer since",
  },
  ko: {
    thisRegion: "현재 리전",
    otherRegion: "상대 리전",
    role: { serving: "서비스 중", standby: "대기", fenced: "쓰기 차단", unknown: "알 수 없음" },
    meaning: {
      serving: "주문을 받고 있습니다. 이 리전의 데이터베이스가 유효한 리스를 가지고 있습니다.",
      standby: "복제본으로 따라가고 있습니다. 요청은 서비스 중인 리전으로 전달됩니다.",
      fenced: "쓰기를 거부합니다. 이 리전의 데이터베이스에 유효한 리스가 없습니다.",
      unknown: "데이터베이스가 응답하지 않아 상태를 알 수 없습니다.",
    },
    epoch: "에포크",
    epochHint: "리스 기준",
    inEpoch: "에포크",
    lag: "복제 지연",
    lagHint: "복제본 기준",
    orders: "주문",
    ordersHint: "이 리전의 사본 기준",
    build: "빌드",
    unknown: "알 수 없음",
    noReplica: "복제본 없음",
    noPeer: "설정된 상대 리전이 없습니다.",
    peerSilent: "여기서는 응답이 없습니다.",
    newest: "최근 주문",
    noOrders: "표시할 주문이 없습니다.",
    columns: {
      id: "번호",
      item: "품목",
      quantity: "수량",
      acceptedBy: "접수 리전",
      at: "시각 (UTC)",
    },
    refreshes: "2초마다 새로 고침",
    noAnswer: "응답 없음, 마지막 응답",
  },
};
