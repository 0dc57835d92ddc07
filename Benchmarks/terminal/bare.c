// The floor: a table of a million computed rows in plain ncurses, nothing else. Arrow keys, page keys, q.
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <locale.h>

enum { ROWS = 1000000 };

static void draw(int top, int selected) {
  int height = getmaxy(stdscr), width = getmaxx(stdscr);
  erase();
  attron(A_BOLD | COLOR_PAIR(1));
  mvprintw(0, 0, "%-*s", width, " id        name                     country  segment    orders      spent  score");
  attroff(A_BOLD | COLOR_PAIR(1));
  for (int y = 1; y < height - 1 && top + y - 1 < ROWS; y++) {
    int row = top + y - 1;
    int chosen = row == selected;
    if (chosen) attron(A_REVERSE);
    mvprintw(y, 0, " %-9d customer %-15d %-8s %-10s %6d %10d.%02d %6d", row, row * 7919 % 100003,
             row % 3 ? "DE" : "FR", row % 5 ? "regular" : "premium", row % 40, row % 9973, row % 100, row % 101);
    if (chosen) {
      for (int x = getcurx(stdscr); x < width; x++) addch(' ');
      attroff(A_REVERSE);
    }
  }
  mvprintw(height - 1, 0, " row %d of %d", selected + 1, ROWS);
  move(selected - top + 1, 0);
  refresh();
}

int main(void) {
  setlocale(LC_ALL, "");
  initscr();
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(25);
  start_color();
  use_default_colors();
  init_pair(1, COLOR_WHITE, COLOR_BLUE);
  int top = 0, selected = 0;
  for (;;) {
    int page = getmaxy(stdscr) - 2;
    if (selected < 0) selected = 0;
    if (selected >= ROWS) selected = ROWS - 1;
    if (selected < top) top = selected;
    if (selected >= top + page) top = selected - page + 1;
    draw(top, selected);
    int key = getch();
    if (key == 'q') break;
    if (key == KEY_DOWN) selected++;
    if (key == KEY_UP) selected--;
    if (key == KEY_NPAGE) selected += page;
    if (key == KEY_PPAGE) selected -= page;
  }
  endwin();
}
